#!/usr/bin/env node
import '../dist/tap/cli.js';

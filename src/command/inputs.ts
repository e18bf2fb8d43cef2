/** The inputs of a run: settings, the choice of streams, and a state. They come from files, the environment and flags. */
import { statSync } from 'node:fs';
import {
  type Config,
  otherNames,
  parseConfig,
  type SettingName,
  settingNames,
  settings,
  variableOf,
} from '../config.ts';
import { allOf, UserError } from '../errors.ts';
import { isObject } from '../json/values.ts';
import { nearest, suggestion } from '../nearest.ts';
import { packageVersion } from '../package.ts';
import type { Log } from '../report/log.ts';
import { type CatalogEntry, parseCatalog, ungrantedColumns } from '../singer/catalog.ts';
import { type SelectedStream, selectStreams } from '../singer/selection.ts';
import { mergedStates, parseState, type State } from '../singer/state.ts';
import { chosenStreams } from '../singer/stream-choice.ts';

import { discover } from './discover.ts';
import { naming, readJsonFile, readObject } from './json-file.ts';

export interface InputOptions {
  /** Paths, or ENV. */
  readonly config: readonly string[];
  readonly state: readonly string[];
  readonly catalog: string | undefined;
  /** Names and patterns of streams that flags give. */
  readonly streams: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

export interface Inputs {
  readonly config: Config;
  readonly streams: SelectedStream[];
  readonly state: State;
}

/**
 * All that a sync is given.
 *
 * @throws UserError with what is wrong in all of them
 */
export function readInputs(options: InputOptions, now: number, log: Log): Inputs {
  const offered = discover();
  const [config, streams, state] = allOf<[Config, SelectedStream[], State]>(
    () => readConfig(options, now, log),
    () => readSelection(offered, options.catalog, readStreamWords(options), log),
    () => readState(offered, options.state),
  );
  return { config, streams, state };
}

type Settings = { readonly [name in SettingName]?: unknown };

/**
 * The settings of all sources together, later ones over earlier ones, and flags over all.
 *
 * @throws UserError
 */
export function readConfig({ config, streams, environment }: InputOptions, now: number, log: Log): Config {
  const { given, strays } = readSettings(config, environment);
  const all: Settings = { ...given, ...(streams.length > 0 && { streams }) };
  const isMeant = ({ meant }: Stray) => meant !== undefined && settings[meant].isRequired && !all[meant];
  for (const stray of strays) if (!isMeant(stray)) log('WARNING', `${strayText(stray)}; it is ignored`);
  const meant = strays.filter(isMeant);
  if (meant.length === 0) return parseConfig(all, packageVersion(), now);
  const [, parsed] = allOf(
    () => {
      throw new UserError(...meant.map(strayText));
    },
    // The missing key is among the mistakes already.
    () => parseConfig({ ...all, secret_key: anyKey }, packageVersion(), now),
  );
  return parsed;
}

const anyKey = 'sk_test_none';

/** Only the setting `streams`: it can be read without a key, and whatever is wrong with other settings. */
export function readStreamWords({ config: sources, streams, environment }: InputOptions): Config['streams'] {
  if (streams.length > 0) return streams;
  const { given } = readSettings(sources, environment);
  const config = parseConfig({ secret_key: anyKey, streams: given.streams }, packageVersion());
  return config.streams;
}

/** A name that is no setting: a typing error, or the setting of another program. */
interface Stray {
  /** A path, or ENV. */
  readonly source: string;
  readonly name: string;
  readonly meant: SettingName | undefined;
}

function strayText({ source, name, meant }: Stray): string {
  if (source === 'ENV') return `there is no variable ${name}${suggestion(meant && variableOf(meant))}`;
  return `config file "${source}": there is no setting "${name}"${suggestion(meant)}`;
}

function readSettings(sources: readonly string[], environment: NodeJS.ProcessEnv) {
  const given: Record<string, unknown> = {};
  const strays: Stray[] = [];
  for (const source of sources.length === 0 ? ['ENV'] : sources) {
    const isEnvironment = source === 'ENV';
    const found = isEnvironment ? settingsOfEnvironment(environment) : readConfigFile(source);
    Object.assign(given, found);
    if (isEnvironment) strays.push(...strayVariables(environment));
    else strays.push(...unknownSettings(found).map((name) => ({ source, name, meant: meantBy(name) })));
  }
  return { given: given as Settings, strays };
}

function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  const content = readObject('config', path);
  return naming('config', path, () => {
    if (isObject(content['bookmarks'])) throw new UserError('it is a state, not a config; check the path');
    const { streams } = content;
    if (Array.isArray(streams) && streams.some(isObject))
      throw new UserError('it is a catalog, not a config; check the path');
    return content;
  });
}

/** The settings that variables of the environment hold. Empty ones do not count. */
export function settingsOfEnvironment(environment: NodeJS.ProcessEnv): Settings {
  const all = settingNames.map((name) => [name, environment[variableOf(name)]] as const);
  return Object.fromEntries(all.filter(([, value]) => value !== undefined && value !== ''));
}

/** Names in a config that are no setting. */
export function unknownSettings(given: object): string[] {
  return Object.keys(given).filter((name) => !Object.hasOwn(settings, name));
}

/** Variables that look like a mistyped setting. Meltano and others have variables that begin like ours: those are passed over. */
function strayVariables(environment: NodeJS.ProcessEnv): Stray[] {
  const prefix = variableOf('');
  const names = Object.keys(environment).filter((name) => name.startsWith(prefix) && environment[name]);
  const own = [...settingNames.map(variableOf), `${prefix}LOGLEVEL`, `${prefix}LOG_FORMAT`];
  const strays = names.filter((name) => !own.includes(name) && !name.startsWith(`${prefix}_`));
  return strays
    .map((name) => ({ source: 'ENV', name, meant: meantBy(name.slice(prefix.length)) }))
    .filter(({ meant }) => meant !== undefined);
}

function meantBy(name: string): SettingName | undefined {
  return nearest(name, settingNames, otherNames) as SettingName | undefined;
}

/** Warns of config files with the key that everybody on the machine may read. */
export function warnOfReadableKey({ config }: InputOptions, log: Log): void {
  for (const path of config.filter((source) => source !== 'ENV' && isReadableByAll(source))) {
    if (!('secret_key' in readObject('config', path))) continue;
    log(
      'WARNING',
      `config file "${path}" holds the secret key, and everybody on this machine may read it: chmod 600 it`,
    );
  }
}

/** False for a pipe and its like, for a file that Meltano made, and on Windows, where the mode says nothing. */
function isReadableByAll(path: string): boolean {
  if (process.platform === 'win32' || madeByMeltano.test(path)) return false;
  const status = statSync(path);
  return status.isFile() && (status.mode & 0o004) !== 0;
}

/** Meltano writes a config for each run, and removes it. Observed (Meltano 4.4). */
const madeByMeltano = /(?:\.meltano[\\/]run[\\/]|[\\/]tap\.[\da-f-]{36}\.config\.json$)/;

/**
 * The streams to sync, with their columns.
 *
 * @param words names and patterns; undefined where nobody gave any
 * @throws UserError
 */
export function readSelection(
  offered: readonly CatalogEntry[],
  path: string | undefined,
  words: Config['streams'],
  log: Log,
): SelectedStream[] {
  if (path === undefined) return selectStreams(offered, undefined, words && chosenStreams(offered, words));
  if (words !== undefined) {
    log('WARNING', `the streams are those that catalog file "${path}" selects: the setting streams is ignored`);
  }
  const json = readObject('catalog', path);
  const entries = naming('catalog', path, () => parseCatalog(json));
  const streams = naming('catalog', path, () => selectStreams(offered, entries));
  const isSelected = new Set(streams.map(({ id }) => id));
  for (const entry of entries.filter(({ tap_stream_id }) => isSelected.has(tap_stream_id))) {
    const ungranted = ungrantedColumns(offered, entry);
    if (ungranted !== undefined)
      log('WARNING', `catalog file "${path}": stream "${entry.tap_stream_id}": ${ungranted}`);
  }
  if (streams.length === 0) {
    log('WARNING', `catalog file "${path}" selects no stream: set "selected": true in the metadata of those you want`);
  }
  return streams;
}

/** @throws UserError */
export function readState(offered: readonly CatalogEntry[], paths: readonly string[]): State {
  return mergedStates(paths.map((path) => readOneState(offered, path)));
}

function readOneState(offered: readonly CatalogEntry[], path: string): State {
  const json = readJsonFile('state', path);
  return naming('state', path, () => {
    // Unknown parts of a state are kept, and printed in every STATE. In a config, the key would be one of them.
    if (isObject(json) && 'secret_key' in json) throw new UserError('it is a config, not a state; check the path');
    return parseState(json, offered);
  });
}

/** The environments of the tools, without which there is nothing to test. */
import { environmentOf as environment, wheelsOf as wheels } from '../../support/environments.ts';
import { needed } from './needed.ts';

export type { Environment } from '../../support/environments.ts';

export const environmentOf = (name: string) => needed(environment(name));
export const wheelsOf = (names: readonly string[]) => needed(wheels(names));

import { Unreachable } from './session.js';

/** Replaces the %-tokens of ssh_config(5) TOKENS; a letter without a meaning here is a fault at that place. */
export function expandTokens(
  text: string,
  meanings: Readonly<Record<string, string>>,
  place: string,
): string {
  return text.replace(/%(.?)/gs, (token, letter: string) => {
    const meaning = letter === '%' ? '%' : meanings[letter];
    if (meaning === undefined) {
      throw new Unreachable(`${place}: lvsctl does not understand ${token}`, 'write it out');
    }
    return meaning;
  });
}

/** A path with `~/`, %-tokens and `${VARIABLE}` replaced. */
export function expandPath(
  text: string,
  home: string,
  meanings: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv,
  place: string,
): string {
  const path = text === '~' ? home : text.replace(/^~(?=\/)/, () => home);
  return expandTokens(path, meanings, place).replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = environment[name];
    if (value === undefined)
      throw new Unreachable(`${place}: the variable ${name} is not set`, `set ${name}`);
    return value;
  });
}

/** Text in, the same text with or without a colour out. */
export type Style = (text: string) => string;

/** The styles that reports are painted with. */
export type Palette = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', Style>>;

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** ANSI colours (ECMA-48 SGR) when on; when off no escape sequence of any kind. */
export function palette(on: boolean): Palette {
  return Object.fromEntries(
    Object.entries(codes).map(([name, [open, close]]) => [
      name,
      (text: string) => (on && text !== '' ? `\x1b[${open}m${text}\x1b[${close}m` : text),
    ]),
  ) as unknown as Palette;
}

/** Whether to colour: --color, then NO_COLOR, FORCE_COLOR or CLICOLOR_FORCE, TERM=dumb, then the terminal. */
export function colourWanted(asked: {
  flag: 'auto' | 'always' | 'never';
  env: Readonly<Record<string, string | undefined>>;
  isTTY: boolean;
}): boolean {
  const { flag, env, isTTY } = asked;
  if (flag !== 'auto') return flag === 'always';
  if (env.NO_COLOR) return false;
  const forced = [env.FORCE_COLOR, env.CLICOLOR_FORCE].some(value => value && value !== '0');
  return forced || (env.TERM !== 'dumb' && isTTY);
}

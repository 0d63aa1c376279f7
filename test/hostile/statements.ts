import { fromOctal } from '../../src/resources/octal.js';

/**
 * A configuration file as its program reads it: a statement is a list of words, quotes and escapes undone.
 * @throws when the program would read more into the text than words, such as a variable
 */
export function statements(path: string, text: string): string[][] {
  if (path === '/etc/fstab') return lines(text, '#').map(line => words(line, '').map(fromOctal));
  if (path === '/etc/exports') return lines(text, '#').map(exported);
  if (path.startsWith('/etc/nginx/')) return nginx(text);
  if (path.startsWith('/etc/apache2/')) return quoted(text, '#', /[\\$]/);
  if (path.startsWith('/etc/keepalived/')) return quoted(text, '#!', /[\\$]|~SEQ|^@/);
  return lines(text, '#').map(line => words(line, ''));
}

/** exports(5): a path, and one client with its options; quotes, # and brackets mean something anywhere. */
function exported(line: string): string[] {
  const [, ...found] = /^([^ \t"#()]+) ([^ \t"#()]+\([^ \t"#()]*\))$/.exec(line) ?? [];
  if (found.length === 0) throw new Error(`read otherwise: ${line}`);
  return found.map(fromOctal);
}

/** keepalived.conf(5) and httpd: a line a statement, words between double quotes; `include` reads another file. */
function quoted(text: string, comments: string, special: RegExp): string[][] {
  return lines(text, comments).map(line => {
    const found = words(line, '"');
    const odd = found.find(word => special.test(word));
    const isHidden = /^include[a-z]? (?!\/etc\/keepalived\/)/.test(line.trim());
    if (odd !== undefined || isHidden || (line.split('"').length - 1) % 2 > 0)
      throw new Error(`read otherwise: ${line}`);
    return found;
  });
}

/** ngx_conf_read_token: a statement ends with ; { or }; variables and escapes count between quotes too. */
function nginx(text: string): string[][] {
  const found: string[][] = [];
  let statement: string[] = [];
  const tokens = text.matchAll(
    /[ \t\r\n]+|#[^\n]*|"((?:[^"\\]|\\.)*)"(?=[\s;{])|([;{}])|([^\s;{}"']+)|(.)/gsu,
  );
  for (const [, word, end, bare, odd] of tokens) {
    if (odd !== undefined || word?.match(/[\\$]/)) throw new Error(`nginx reads ${odd ?? word} otherwise`);
    if (end) {
      found.push([...statement, end]);
      statement = [];
    } else if (word !== undefined || bare !== undefined) statement.push(word ?? bare!);
  }
  return statement.length > 0 ? [...found, statement] : found;
}

function lines(text: string, comments: string): string[] {
  return text.split('\n').filter(line => line.trim() !== '' && !comments.includes(line.trim()[0]!));
}

function words(line: string, quote: string): string[] {
  const pattern = quote ? /"([^"]*)"|[^ \t\r\v\f"]+/g : /[^ \t\r\v\f]+/g;
  return [...line.matchAll(pattern)].map(([whole, inner]) => inner ?? whole);
}

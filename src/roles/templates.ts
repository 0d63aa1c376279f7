import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';

/** How templates are compiled: text as it is, and nothing that is missing. */
export const OPTIONS = { noEscape: true, strict: true };

const compiled = new Map<string, HandlebarsTemplateDelegate>();

/** templates/NAME.hbs, compiled. `npm run build` puts all of them, compiled, into the place of this file. */
export function template(name: string): HandlebarsTemplateDelegate {
  let template = compiled.get(name);
  if (!template) {
    const source = readFileSync(new URL(`../../templates/${name}.hbs`, import.meta.url), 'utf8');
    template = Handlebars.compile(source, OPTIONS);
    compiled.set(name, template);
  }
  return template;
}

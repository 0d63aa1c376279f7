import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';

const compiled = new Map<string, HandlebarsTemplateDelegate>();

/**
 * Renders templates/NAME.hbs. Text goes out as it is (these are configuration files, not HTML), and a value that
 * the template names but `values` lacks is an error.
 */
export function render(name: string, values: object): string {
  let template = compiled.get(name);
  if (!template) {
    const source = readFileSync(new URL(`../../templates/${name}.hbs`, import.meta.url), 'utf8');
    template = Handlebars.compile(source, { noEscape: true, strict: true });
    compiled.set(name, template);
  }
  return template(values);
}

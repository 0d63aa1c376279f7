import { template } from './templates.js';

/**
 * Renders templates/NAME.hbs. Text goes out as it is (these are configuration files, not HTML), and a value that
 * the template names but `values` lacks is an error.
 */
export function render(name: string, values: object): string {
  return template(name)(values);
}

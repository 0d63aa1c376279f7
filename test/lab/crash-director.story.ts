import { breaksOffAnywhere } from './crash-role.js';

breaksOffAnywhere('what a director holds');

import { breaksOffAnywhere } from './crash-role.js';

breaksOffAnywhere('a real server');

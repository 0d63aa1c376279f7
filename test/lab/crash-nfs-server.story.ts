import { breaksOffAnywhere } from './crash-role.js';

breaksOffAnywhere('the NFS server');

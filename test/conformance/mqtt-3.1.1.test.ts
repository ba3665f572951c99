import { describeConformance } from './run.js';

describeConformance('3.1.1');

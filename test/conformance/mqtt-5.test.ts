import { describeConformance } from './run.js';

describeConformance('5.0');

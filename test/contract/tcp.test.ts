import { transportFor } from '../../src/transport/registry.js';
import { describeTransport } from './suite.js';

describeTransport({ name: 'tcp', secure: false, halfClose: false, refused: ['MQB_REFUSED'] }, () =>
  transportFor('tcp'),
);

import { transportFor } from '../../src/transport/registry.js';
import { describeTransport } from './suite.js';

describeTransport({ name: 'tls', secure: true, halfClose: false, refused: ['MQB_REFUSED'] }, () => transportFor('tls'));

import { transportFor } from '../../src/transport/registry.js';
import { describeTransport } from './suite.js';

describeTransport({ name: 'wss', secure: true, halfClose: false, refused: ['MQB_REFUSED'] }, () => transportFor('wss'));

import { quicTransport } from '../../src/transport/quic/transport.js';
import { describeTransport } from './suite.js';

describeTransport(
  {
    name: 'quic',
    secure: true,
    halfClose: false,
    refused: ['MQB_REFUSED', 'MQB_DIAL_TIMEOUT'],
    listen: { quic: { idleTimeoutMs: 3000 } },
    vanishedWithinMs: 8000,
  },
  () => quicTransport(),
);

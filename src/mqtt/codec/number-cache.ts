import { writeToStream } from 'mqtt-packet';

// With its first packet mqtt-packet makes a buffer for each number from 0 to 65,535: 50 ms and 15 MB in every process, and the
// first client of a run that is timed would wait for it. What is written often is not written by it.
writeToStream.cacheNumbers = false;

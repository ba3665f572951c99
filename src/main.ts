#!/usr/bin/env node
import process from 'node:process';
import { processEnvironment } from './cli/environment.js';
import { runProgram } from './cli/program.js';

process.exitCode = await runProgram(processEnvironment());

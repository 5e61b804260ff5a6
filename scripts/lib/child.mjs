/** Running other programs from the scripts. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Stop } from './say.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Runs a program on our own terminal and resolves to its exit code (128 + signal when it was killed). Signals are
 * passed on, and the program decides what they mean.
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', ...options });
    const forward = (signal) => {
      // What the terminal's keys send reaches the whole foreground group; only a pipe or `kill` reaches us alone.
      if (!(signal === 'SIGINT' || signal === 'SIGQUIT') || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    const done = () => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.on('error', (error) => {
      done();
      reject(new Stop(`run ${program}: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      done();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Runs a step of the set-up; its output goes to stderr. @throws Stop when it fails */
export async function step(program, args, options = {}) {
  const code = await run(program, args, { stdio: ['ignore', 2, 2], ...options });
  if (code !== 0) throw new Stop(`${[program, ...args].join(' ')}: exit code ${code}`);
}

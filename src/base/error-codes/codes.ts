import { connects, type ErrorMeaning } from './meaning.js';
import { connected, connecting } from './peers.js';

const cell = 'The cell ends; what was measured until then is kept where the roles could still say it.';
const defect = 'This is a defect of mqbench: report it with the command and the message.';

/** Commands, files and results: nothing has been measured. */
const input = {
  MQB_USAGE: {
    means: 'Options or arguments contradict each other, or name what there is not.',
    remedy: 'Follow the hint; `--help` lists the options.',
  },
  MQB_OPTION: {
    means: 'A call of the library was given an option that it does not have, or a value that cannot be sent.',
    remedy: 'The message names it; the options are in the types of the package.',
  },
  MQB_SCENARIO: {
    means: 'The scenario file has mistakes.',
    remedy: 'Each line of the message names a place in the file; docs/scenarios.md has every field.',
  },
  MQB_SCENARIO_MISSING: {
    means: 'There is no scenario of that name or at that path.',
    remedy: '`mqbench run --help` lists those that are included.',
  },
  MQB_BAD_UNIT: {
    means: 'A time, size, rate or share cannot be read.',
    remedy: 'Write it with its unit, as the message shows.',
  },
  MQB_BAD_URL: {
    means: 'A broker’s address cannot be read.',
    remedy: 'Write mqtt://, mqtts://, ws://, wss:// or quic:// and the host.',
  },
  MQB_BAD_NAME: {
    means: 'A certificate was to be made for no name, or for one that is none.',
    remedy: 'Give host names or IP addresses.',
  },
  MQB_BAD_METRIC: { means: 'A metric to compare is not in the results.', remedy: 'Take one that the hint lists.' },
  MQB_NOT_COMPARABLE: {
    means: 'The results are of different experiments, so a difference would say nothing.',
    remedy: 'Run both on one machine with `mqbench ab`, or add --force.',
  },
  MQB_RESULT: {
    means: 'A result file is missing, damaged or of another schema.',
    remedy: 'Give a result.json or the folder of a run.',
  },
  MQB_RESUME: {
    means: 'An unfinished run cannot be completed here.',
    remedy: 'The message says what differs; run it again for a new result.',
  },
  MQB_HISTOGRAM: {
    means: 'A distribution in a result cannot be decoded.',
    remedy: 'The file is damaged: take another copy.',
  },
  MQB_HOOK: {
    means: 'A hook (`--hook`) cannot be loaded, or failed.',
    remedy: 'The message has the file, and what it threw.',
  },
  MQB_PAYLOAD_SIZE: {
    means: 'A payload is too small for the stamp by which messages are recognised, or too large for MQTT.',
    remedy: 'Change --size.',
  },
  MQB_QUIC_SETTINGS: {
    means: 'A QUIC setting is unknown or out of its range.',
    remedy: 'docs/quic.md has units, ranges and defaults.',
  },
  MQB_TLS_SETTINGS: {
    means: 'A certificate, key, version or cipher cannot be used.',
    remedy: 'Check the PEM files, and that the key fits the certificate.',
  },
  MQB_TICKETS: {
    means: 'The file of session tickets cannot be read or written.',
    remedy: 'Delete it, or name another one.',
  },
  MQB_DOWNGRADE: {
    means: 'A fallback would go from an encrypted transport to one that is not.',
    remedy: 'Fall back to tls or wss.',
  },
  MQB_AB_BUILD: {
    means: 'One of the two builds to compare could not be built.',
    remedy: 'Build it elsewhere and give the command that runs it.',
  },
  MQB_AB_RUN: {
    means: 'A round of one of the two builds left no result.',
    spoils: 'Rounds without a result are in no comparison.',
    remedy: 'The last lines of that build are in the message.',
  },
  MQB_OUTPUT: {
    means: 'A file or folder could not be written.',
    spoils: 'What could not be written is lost; the table on the screen is whole.',
    remedy: 'Choose another place with --out, or free some space.',
  },
} as const satisfies Record<string, ErrorMeaning>;

/** The machine cannot, or a process of ours failed. */
const machine = {
  MQB_LIMITS: {
    means: 'This many clients need more descriptors or ports than a process may have here.',
    remedy: 'Raise `ulimit -n`, or spread them with --workers and --ifaddr, as the hint says.',
  },
  MQB_DESCRIPTORS: {
    means: 'No descriptors were left for a further connection.',
    spoils: connects,
    remedy: 'Raise `ulimit -n`, or take more --workers.',
  },
  MQB_LOCAL_ADDRESS: {
    means: 'The local address or port cannot be used.',
    spoils: connects,
    remedy: 'Check --ifaddr; with many clients to one address, give several.',
  },
  MQB_PORT_IN_USE: { means: 'Another program listens on the port.', remedy: 'Choose another one; 0 takes a free one.' },
  MQB_LISTEN: {
    means: 'A listener could not be opened.',
    remedy: 'The message has the system’s reason; ports below 1024 need rights.',
  },
  MQB_LIVE_VIEW: {
    means: 'The live view cannot be served.',
    remedy: 'Choose another port with --web, or leave it out.',
  },
  MQB_COMMAND: {
    means: 'A program that is needed is missing or failed.',
    remedy: 'Install it; `mqbench doctor` says how.',
  },
  MQB_UNSUPPORTED: {
    means: 'This machine lacks what the arm or the action needs.',
    spoils: 'The cell counts as unsupported, not as failed, and has no numbers.',
    remedy: '`mqbench doctor` says what would make it possible.',
  },
  MQB_QUIC_UNAVAILABLE: {
    means: 'The QUIC library cannot be loaded on this platform.',
    remedy: 'Use another transport, or a platform that @matrixai/quic is built for.',
  },
  MQB_AEDES_VERSION: {
    means: 'Another version of the package aedes is installed than the one that the included broker is built on.',
    remedy: 'Install mqbench again with its own dependencies, or measure a broker of your own.',
  },
  MQB_CONGESTION_CONTROL: {
    means: 'The kernel does not allow the congestion control that was asked for.',
    remedy: 'See net.ipv4.tcp_available_congestion_control and tcp_allowed_congestion_control.',
  },
  MQB_SYSTEM_CALL: {
    means: 'A system call of the lab’s measuring failed.',
    spoils: cell,
    remedy: 'The message has the error number; `mqbench doctor` checks what the lab needs.',
  },
  MQB_ROLE_DIED: {
    means: 'A process of the run (broker, load worker, emulator) ended without having been told to.',
    spoils: cell,
    remedy: 'Look for the kernel’s out-of-memory messages, and for who killed it.',
  },
  MQB_ROLE_STOPPED: {
    means: 'A process of the run was stopped (SIGSTOP) and not set going again.',
    spoils: cell,
    remedy: 'Find out what stopped it: a debugger, job control or the system.',
  },
  MQB_ROLE_SILENT: {
    means: 'A process of the run did not answer.',
    spoils: cell,
    remedy: 'It was stopped, or had no processor: keep other programs off the machine.',
  },
  MQB_ROLE_METHOD: {
    means: 'A process of the run was asked for what it cannot do at this moment.',
    spoils: cell,
    remedy: defect,
  },
  MQB_INTERNAL: { means: 'Something happened that should be impossible.', spoils: cell, remedy: defect },
  MQB_INTERRUPTED: {
    means: 'The run was stopped by a signal.',
    spoils: 'What was finished is kept; the cell under way has what it had until then.',
    remedy: '`--resume` completes a run of a scenario.',
  },
  MQB_NGINX: {
    means: 'The nginx of a balanced arm did not start, or ended.',
    spoils: cell,
    remedy: 'The message has what nginx said.',
  },
} as const satisfies Record<string, ErrorMeaning>;

/** The network lab. */
const lab = {
  MQB_LAB_TOOLS: {
    means: 'Programs that the lab needs are missing.',
    remedy: 'The hint has the command that installs them.',
  },
  MQB_LAB_RIGHTS: {
    means: 'The lab may not make namespaces or devices here.',
    remedy: 'Run it as root, or allow user namespaces and /dev/net/tun; `mqbench doctor` says which.',
  },
  MQB_LAB_BACKEND: {
    means: 'The chosen backend cannot do this, or the kernel lacks it.',
    remedy: 'Take the other one: --backend tun or netem.',
  },
  MQB_LAB_COMMAND: {
    means: 'A command in the lab’s namespaces failed.',
    spoils: cell,
    remedy: 'The message has the command and its error.',
  },
  MQB_LAB_DIED: {
    means: 'The lab’s namespaces are gone.',
    spoils: cell,
    remedy: 'Bring it up again; look for who ended its holder.',
  },
  MQB_LAB_EVENT: {
    means: 'An event is unknown, or cannot be done to this network.',
    remedy: 'docs/lab.md lists events with their parameters.',
  },
  MQB_LAB_NAME: {
    means: 'No lab of that name is up, or the name is taken.',
    remedy: '`mqbench lab status` lists those that are up.',
  },
  MQB_LAB_PROFILE: {
    means: 'A network profile is unknown or contradicts itself.',
    remedy: '`mqbench lab profiles` lists those that are included.',
  },
  MQB_LAB_TRACE: {
    means: 'A recorded link (a trace of delivery opportunities) cannot be read.',
    remedy: 'One whole number of milliseconds a line, none below the one before.',
  },
  MQB_TUN: {
    means: 'The emulator’s TUN device could not be made.',
    remedy: 'Load the module tun; `mqbench doctor` checks it.',
  },
  MQB_CALIBRATION: {
    means: 'The network measured before the cell is not the one asked for.',
    spoils: 'Nothing was measured in that cell.',
    remedy: 'Keep other programs off the machine, or try the other backend.',
  },
} as const satisfies Record<string, ErrorMeaning>;

/** The groups in which docs/errors.md shows the codes. */
export const errorGroups: Readonly<Record<string, Readonly<Record<string, ErrorMeaning>>>> = {
  'Commands, files and results': input,
  'The machine, and processes of the run': machine,
  'The network lab': lab,
  'Connections that do not come about': connecting,
  'Connections that end, and messages': connected,
};

/** Every code of an {@link MqbenchError} with its meaning; a code that ends in a number (`MQB_CONNACK_5`) is of the one without. */
export const errorCodes: Readonly<Record<string, ErrorMeaning>> = Object.assign({}, ...Object.values(errorGroups));

/** @returns what is known of a code, be it with a reason code at its end */
export function meaningOf(code: string): ErrorMeaning | undefined {
  return errorCodes[code] ?? errorCodes[code.replace(/_\d+$/, '')];
}

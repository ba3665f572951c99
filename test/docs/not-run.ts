/**
 * What documentation prints and no test runs as it is printed, each with the reason or with the test that does the same.
 * One place: a command that is neither run, nor read by the program's own parser, nor listed here fails the test.
 */
export const notRun: Readonly<Record<string, string>> = {
  'apt-get': 'installs packages on the machine',
  sysctl: 'changes the kernel’s settings for all processes',
  'npm ci': 'downloads packages; every checkout that runs the tests has done it',
  'npm install': 'downloads packages; tried by hand with the tarball of npm pack',
  'npm run': 'the build comes before any test; the other scripts of package.json would start this test again',
  'npm pack': 'makes a tarball of what the checkout holds; tried by hand',
  'scripts/demo.sh': 'takes a minute and a half; test/e2e/experiments.test.ts runs its scenario',
  'scripts/test.sh': 'would start this test again',
  'scripts/bench.sh': 'takes many minutes and needs the whole machine',
  'scripts/network/namespaces.sh': 'run as printed by test/lab/by-hand.test.ts',
  'scripts/network/nat.sh': 'run as printed by test/lab/by-hand.test.ts',
  'scripts/network/netem.sh': 'run as printed by test/lab/by-hand.test.ts',
  ip: 'run as printed by test/lab/by-hand.test.ts',
  make: 'builds the broker of the reader',
  docker: 'builds, or pulls, the image of the reader’s broker',
  podman: 'the same; test/cli/broker-images.test.ts builds images with it',
  git: 'acts on the repository of the reader',
  tshark: 'test/lab/capture.test.ts reads the same captures with the same options',
  tcpdump: 'a program of others, which needs a lab that is up',
  mosquitto: 'a broker in the place of the reader’s; test/broker/mosquitto.test.ts starts it',
};

// SPDX-License-Identifier: Apache-2.0
export { runNodeCanaries, type NodeCanaryOptions } from './run-node.ts';
export { runPodCanaries, type PodCanaryOptions } from './run-pod.ts';

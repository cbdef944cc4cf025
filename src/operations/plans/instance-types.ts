// Azure's common instance types, as far as scheduling is concerned: cores, memory and GPUs of each. Sizes are those of
// Azure's public size tables; names in upper case.

import type { Demand } from "../../core/plan.ts";

const GIB = 2 ** 30;

function size(cpus: number, memoryGib: number, gpus = 0): Demand {
  return { cpus, memoryBytes: memoryGib * GIB, gpus };
}

export const INSTANCE_TYPES: Readonly<Record<string, Demand>> = {
  STANDARD_DS1_V2: size(1, 3.5),
  STANDARD_DS2_V2: size(2, 7),
  STANDARD_DS3_V2: size(4, 14),
  STANDARD_DS4_V2: size(8, 28),
  STANDARD_DS5_V2: size(16, 56),
  STANDARD_DS11_V2: size(2, 14),
  STANDARD_DS12_V2: size(4, 28),
  STANDARD_DS13_V2: size(8, 56),
  STANDARD_D2_V2: size(2, 7),
  STANDARD_D2_V3: size(2, 8),
  STANDARD_D4_V3: size(4, 16),
  STANDARD_D8_V3: size(8, 32),
  STANDARD_D2S_V3: size(2, 8),
  STANDARD_D4S_V3: size(4, 16),
  STANDARD_D8S_V3: size(8, 32),
  STANDARD_E4S_V3: size(4, 32),
  STANDARD_E8S_V3: size(8, 64),
  STANDARD_F2S_V2: size(2, 4),
  STANDARD_F4S_V2: size(4, 8),
  STANDARD_F8S_V2: size(8, 16),
  STANDARD_F16S_V2: size(16, 32),
  STANDARD_NC6: size(6, 56, 1),
  STANDARD_NC6S_V3: size(6, 112, 1),
  STANDARD_NC12S_V3: size(12, 224, 2),
  STANDARD_NC24S_V3: size(24, 448, 4),
  STANDARD_NC4AS_T4_V3: size(4, 28, 1),
  STANDARD_NC64AS_T4_V3: size(64, 440, 4),
  STANDARD_NC24ADS_A100_V4: size(24, 220, 1),
  STANDARD_ND40RS_V2: size(40, 672, 8),
  STANDARD_ND96ASR_V4: size(96, 900, 8),
  STANDARD_ND96AMSR_A100_V4: size(96, 1900, 8),
};

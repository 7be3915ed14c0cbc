/* SPDX-License-Identifier: Apache-2.0 */
#include "payload_type.h"

const struct payload_type payload_types[PAYLOAD_TYPES] = {
    [0] = {"PCMU", 8000, ROLE_AUDIO},
    [3] = {"GSM", 8000, ROLE_AUDIO},
    [4] = {"G723", 8000, ROLE_AUDIO},
    [5] = {"DVI4", 8000, ROLE_AUDIO},
    [6] = {"DVI4", 16000, ROLE_AUDIO},
    [7] = {"LPC", 8000, ROLE_AUDIO},
    [8] = {"PCMA", 8000, ROLE_AUDIO},
    [9] = {"G722", 8000, ROLE_AUDIO},
    [10] = {"L16", 44100, ROLE_AUDIO},
    [11] = {"L16", 44100, ROLE_AUDIO},
    [12] = {"QCELP", 8000, ROLE_AUDIO},
    [13] = {"CN", 8000, ROLE_COMFORT_NOISE},
    [14] = {"MPA", 90000, ROLE_AUDIO},
    [15] = {"G728", 8000, ROLE_AUDIO},
    [16] = {"DVI4", 11025, ROLE_AUDIO},
    [17] = {"DVI4", 22050, ROLE_AUDIO},
    [18] = {"G729", 8000, ROLE_AUDIO},
    [19] = {"CN", 8000, ROLE_COMFORT_NOISE}, /* reserved: used before 13 was assigned */
    [25] = {"CelB", 90000, ROLE_VIDEO},
    [26] = {"JPEG", 90000, ROLE_VIDEO},
    [28] = {"nv", 90000, ROLE_VIDEO},
    [31] = {"H261", 90000, ROLE_VIDEO},
    [32] = {"MPV", 90000, ROLE_VIDEO},
    [33] = {"MP2T", 90000, ROLE_VIDEO},
    [34] = {"H263", 90000, ROLE_VIDEO},
};

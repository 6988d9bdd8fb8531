/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/kernel.h"

const char *kfilter_dim_name(unsigned int dim)
{
	static const char *const names[FILTER_DIMS] = {
		[FILTER_UID] = "uid",       [FILTER_TGID] = "hostPid",
		[FILTER_TASK] = "pid",      [FILTER_MNTNS] = "mntns",
		[FILTER_PIDNS] = "pidns",   [FILTER_COMM] = "comm",
		[FILTER_UTS] = "uts",       [FILTER_CONTAINER] = "container",
		[FILTER_RETVAL] = "retval", [FILTER_RETVAL_SIGN] = "sign of retval",
		[FILTER_INT0] = "number",   [FILTER_INT1] = "second number",
		[FILTER_TEXT0] = "text",    [FILTER_TEXT1] = "second text",
	};

	return dim < FILTER_DIMS ? names[dim] : "unknown";
}

const char *kfilter_why_text(unsigned int why)
{
	static const char *const texts[KFILTER_WHYS] = {
		[KFILTER_IN_KERNEL] = "the kernel tells it",
		[KFILTER_WHY_EVENT] = "no such event is ever dropped: the engine needs all of them",
		[KFILTER_WHY_FOLLOW] = "its policy follows processes",
		[KFILTER_WHY_SUBJECT] = "the kernel does not look at that",
		[KFILTER_WHY_TERMS] = "it is more than exact values, prefixes and suffixes",
		[KFILTER_WHY_NEGATIVE] = "a text that is not wanted cannot be told from its hash",
		[KFILTER_WHY_VALUE] = "it names a value that has to be looked up or cannot be",
		[KFILTER_WHY_FIELDS] = "other fields of the event are looked at",
		[KFILTER_WHY_ENTRIES] = "there are too many values",
		[KFILTER_WHY_ANY] = "a rule wants every such event, as far as the kernel can tell",
	};

	return why < KFILTER_WHYS ? texts[why] : "unknown";
}

// SPDX-License-Identifier: MIT
/* Reports about jobs. */
#include <stdio.h>

#include <jansson.h>

#include "container.h"
#include "message.h"
#include "monotonic.h"
#include "report.h"

static const char *const statuses[] = {
	[EXIT_CODE_OK] = "ok",
	[EXIT_CODE_ERROR] = "error",
	[EXIT_CODE_WARNING] = "warning",
};

static uint64_t uncompressed(const struct job *job)
{
	return job->opt->compress ? job->bytes_in : job->out.written;
}

static uint64_t compressed(const struct job *job)
{
	return job->opt->compress ? job->out.written : job->bytes_in;
}

static double ratio(const struct job *job)
{
	return compressed(job) ?
		       (double)uncompressed(job) / (double)compressed(job) :
		       0;
}

/* Of uncompressed data, as what is compressed differs in size by the codec. */
static double mb_per_s(const struct job *job, uint64_t ns)
{
	return ns ? (double)uncompressed(job) * 1e3 / (double)ns : 0;
}

static json_t *text_or_null(const char *text)
{
	json_t *string = text && text[0] ? json_string(text) : NULL;

	return string ? string : json_null();
}

/* A name that is not UTF-8 appears with its odd bytes replaced. */
static json_t *name_to_json(const char *name)
{
	json_t *string = json_string(name);
	char copy[4096];
	size_t i;

	if (string)
		return string;
	for (i = 0; name[i] && i < sizeof(copy) - 1; i++) {
		if ((signed char)name[i] < 0)
			copy[i] = '?';
		else
			copy[i] = name[i];
	}
	copy[i] = '\0';
	return json_string(copy);
}

static void report_json(const struct job *job, int code, uint64_t ns, FILE *to)
{
	const char *algorithm = job->format ? container_name(job->format) : "";
	json_t *object = json_object();

	json_object_set_new(object, "file", name_to_json(job->in.name));
	json_object_set_new(object, "output",
			    job->out.name ? name_to_json(job->out.name) :
					    json_null());
	json_object_set_new(object, "operation",
			    json_string(job->opt->compress ? "compress" :
							     "decompress"));
	json_object_set_new(object, "algorithm", text_or_null(algorithm));
	if (job->opt->compress)
		json_object_set_new(object, "level",
				    json_integer(job->opt->level < 0 ?
							 0 :
							 job->opt->level));
	json_object_set_new(object, "bytes_in",
			    json_integer((json_int_t)job->bytes_in));
	json_object_set_new(object, "bytes_out",
			    json_integer((json_int_t)job->out.written));
	json_object_set_new(object, "ratio", json_real(ratio(job)));
	json_object_set_new(object, "seconds",
			    json_real((double)ns / (double)NS_PER_SECOND));
	json_object_set_new(object, "mb_per_s", json_real(mb_per_s(job, ns)));
	json_object_set_new(object, "device", text_or_null(job->device));
	json_object_set_new(object, "fallbacks",
			    json_integer((json_int_t)job->counts.fallbacks));
	json_object_set_new(object, "bounces",
			    json_integer((json_int_t)job->counts.bounces));
	json_object_set_new(
		object, "bounced_bytes",
		json_integer((json_int_t)job->counts.bounced_bytes));
	json_object_set_new(object, "status", json_string(statuses[code]));
	json_object_set_new(object, "message", text_or_null(message_last()));
	json_dumpf(object, to, JSON_COMPACT | JSON_REAL_PRECISION(6));
	fputc('\n', to);
	fflush(to);
	json_decref(object);
}

static void report_line(const struct job *job, uint64_t ns)
{
	fprintf(stderr,
		"%s: %llu -> %llu bytes, ratio %.3f, %.1f MB/s, %s on %s, "
		"%llu fell back to sw, %llu bounced\n",
		job->in.name, (unsigned long long)job->bytes_in,
		(unsigned long long)job->out.written, ratio(job),
		mb_per_s(job, ns), container_name(job->format),
		job->device ? job->device : "no device",
		(unsigned long long)job->counts.fallbacks,
		(unsigned long long)job->counts.bounces);
}

void report(const struct job *job, int code, uint64_t ns, bool stdout_taken)
{
	if (job->opt->json)
		report_json(job, code, ns, stdout_taken ? stderr : stdout);
	if (job->opt->verbose && code != EXIT_CODE_ERROR && job->format)
		report_line(job, ns);
}

// SPDX-License-Identifier: MIT
/* Files on their way through a codec. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "job.h"
#include "message.h"
#include "monotonic.h"
#include "report.h"

static bool goes_to_stdout(const struct codec_options *opt, const char *path)
{
	return opt->to_stdout || (!opt->output && !strcmp(path, "-"));
}

static int open_named(struct job *job, const struct codec_ops *ops,
		      const char *path)
{
	const struct codec_options *opt = job->opt;
	unsigned int flags = opt->force ? OUTPUT_FORCE : 0;
	int code = EXIT_CODE_OK;
	char *name;

	if (opt->output)
		return output_open_path(&job->out, opt->output, &job->in.st,
					flags) ?
			       EXIT_CODE_ERROR :
			       EXIT_CODE_OK;
	if (!S_ISREG(job->in.st.st_mode)) {
		message_error("%s: is not a regular file: say where the output "
			      "goes with -o or -c",
			      job->in.name);
		return EXIT_CODE_ERROR;
	}
	name = ops->output_name(opt, path, &code);
	if (!name)
		return code;
	if (output_open_path(&job->out, name, &job->in.st, flags)) {
		free(name);
		return EXIT_CODE_ERROR;
	}
	job->owned_name = name;
	return EXIT_CODE_OK;
}

static int open_output(struct job *job, const struct codec_ops *ops,
		       const char *path)
{
	int ret;

	if (job->opt->to_nothing)
		ret = output_open_nothing(&job->out);
	else if (goes_to_stdout(job->opt, path))
		ret = output_open_stdout(&job->out, &job->in.st);
	else
		return open_named(job, ops, path);
	return ret ? EXIT_CODE_ERROR : EXIT_CODE_OK;
}

/* Compressed data and terminals do not go together. */
static int check_terminals(const struct job *job)
{
	const struct codec_options *opt = job->opt;

	if (opt->force)
		return EXIT_CODE_OK;
	if (opt->compress && job->out.fd >= 0 && isatty(job->out.fd)) {
		message_error("%s: is a terminal: compressed data goes to a "
			      "file (-o) or a pipe; -f writes it here",
			      job->out.name);
		return EXIT_CODE_ERROR;
	}
	if (!opt->compress && isatty(job->in.fd)) {
		message_error("%s: is a terminal: compressed data comes from a "
			      "file or a pipe; -f reads it here",
			      job->in.name);
		return EXIT_CODE_ERROR;
	}
	return EXIT_CODE_OK;
}

static int run_codec(struct job *job, const struct codec_ops *ops, void *codec)
{
	const struct codec_options *opt = job->opt;
	const struct stat *like = job->in.is_stdin ? NULL : &job->in.st;
	int code;

	code = check_terminals(job);
	if (code == EXIT_CODE_OK) {
		progress_start(&job->progress, job->in.name,
			       input_size(&job->in), opt->quiet);
		cleanup_blame(job->in.name);
		code = ops->run(codec, job);
		cleanup_blame(NULL);
		progress_stop(&job->progress);
	}
	if (code == EXIT_CODE_ERROR)
		output_abort(&job->out);
	else if (output_commit(&job->out, like, opt->sync ? OUTPUT_SYNC : 0))
		code = EXIT_CODE_ERROR;
	return code;
}

static int run_one(const struct codec_options *opt, const struct codec_ops *ops,
		   void *codec, const char *path)
{
	struct job job = { .opt = opt, .format = opt->format };
	uint64_t begin = monotonic_ns();
	int code = EXIT_CODE_ERROR;

	message_forget();
	if (!input_open(&job.in, path)) {
		code = open_output(&job, ops, path);
		if (code == EXIT_CODE_OK)
			code = run_codec(&job, ops, codec);
	}
	report(&job, code, monotonic_ns() - begin, goes_to_stdout(opt, path));
	input_close(&job.in);
	free(job.owned_name);
	return code;
}

int job_run_all(const struct codec_options *opt, const struct codec_ops *ops,
		void *codec)
{
	int i, code = EXIT_CODE_OK;

	cleanup_install();
	for (i = 0; i < opt->file_count; i++)
		code = exit_code_worse(code,
				       run_one(opt, ops, codec, opt->files[i]));
	return code;
}

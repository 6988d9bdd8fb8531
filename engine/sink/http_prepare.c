/* SPDX-License-Identifier: Apache-2.0 */
/* What has to be there before the sandbox is. */
#include "engine/sink/http_client.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include <curl/curl.h>

#include "common/cleanup.h"

/* The C library's: resolver, and whom the TLS library trusts by itself. */
static const char *const files[] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/gai.conf",
	"/etc/host.conf",
	"/etc/services",
	"/etc/ssl/openssl.cnf",
	"/run/systemd/resolve", /* where resolv.conf leads, and is renamed */
	"/run/NetworkManager",
	"/usr/share/ca-certificates",
};

#define PATHS_MAX (ARRAY_LEN(files) + 3)

const char *const *hclient_readable(void)
{
	static const char *paths[PATHS_MAX];
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (access(files[i], F_OK) == 0)
			paths[n++] = files[i];
	}
	if (info->age >= CURLVERSION_EIGHTH) {
		if (info->cainfo && access(info->cainfo, F_OK) == 0)
			paths[n++] = info->cainfo;
		if (info->capath && access(info->capath, F_OK) == 0)
			paths[n++] = info->capath;
	}
	paths[n] = NULL;
	return paths;
}

/* A module that cannot be loaded is none: the C library passes over it as well. It is kept. */
static void load_module(const char *name, size_t len)
{
	char file[64];

	if (len > 0 &&
	    snprintf(file, sizeof(file), "libnss_%.*s.so.2", (int)len, name) < (int)sizeof(file))
		(void)dlopen(file, RTLD_NOW);
}

/* "hosts: files [!UNAVAIL=return] dns": the C library would load each when it is first needed. */
static void load_name_modules(void)
{
	CLEANUP_FILE FILE *f = fopen("/etc/nsswitch.conf", "re");
	char line[512], *p;
	size_t len;

	while (f && fgets(line, sizeof(line), f)) {
		p = line + strspn(line, " \t");
		if (strncmp(p, "hosts:", 6))
			continue;
		for (p += 6; *(p += strspn(p, " \t\n")) && *p != '#'; p += len) {
			len = strcspn(p, " \t\n");
			if (*p == '[')
				len = strcspn(p, "]\n") + (strchr(p, ']') ? 1 : 0);
			else if (!memchr(p, '/', len))
				load_module(p, len);
		}
	}
}

int hclient_prepare(struct err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	CURLcode code = curl_global_init(CURL_GLOBAL_ALL);

	if (code != CURLE_OK)
		return err_set(err, -EIO, "http client cannot be made ready: %s",
			       curl_easy_strerror(code));
	load_name_modules();
	if (getaddrinfo("localhost", NULL, &hints, &list) == 0)
		freeaddrinfo(list);
	return 0;
}

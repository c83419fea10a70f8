"""The edge: pages, JSON, sign-in, jobs and the command line; thin over the use cases of `timebank`."""

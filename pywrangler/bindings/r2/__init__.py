"""R2 buckets: `r2_buckets` of the config (spec/bindings.md, section 2).

    bucket, multipart             what a Worker has: `R2Bucket`, `R2MultipartUpload`; `work` is how they begin and fail
    arguments, fields             what they are given, checked as the platform checks it
    results                       what they give: objects with and without a body
    storage, uploads, listing     one bucket on the disk; `tables` are its rows, `bodies` the files
    conditions, ranges, refusals  rules without I/O

`storage` and what it needs know nothing of JavaScript, so that the command line uses them, too.
"""

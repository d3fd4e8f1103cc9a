"""Captures: sampled requests with their answers, kept encrypted. Nothing here is imported unless a model captures.

Two must agree: the model by [capture] of its model.toml, and the tenant, whose item has a data key. Then:
1. `sampling` draws which requests are captured, and collects what is sent of a stream.
2. After the answer has left, or else before it leaves, `writing` reads the tenant's item again, so that a tenant that
   takes its consent back is captured no more from then on.
3. `data_keys` has KMS decrypt the data key of the tenant, `sealing` encrypts the document with it, and `folder` or
   `bucket` writes it.
A capture that fails is lost, with a line in the log. The answer is not.

`names` says where a capture lies, `documents` what it holds, `aes_gcm` calls OpenSSL, `start` composes all of it.
"""

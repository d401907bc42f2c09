-- One request of 1 KB, as an embeddings client sends it.
wrk.method = "POST"
wrk.path = "/v1/embeddings"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"input": ["' .. string.rep("x", 1000) .. '"], "model": "small"}'

"""The pages: requests in, server-rendered HTML out. Views translate; reading and writing happen elsewhere."""

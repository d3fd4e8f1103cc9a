"""Keys, quotas and counters of a service with tenants. Nothing here is imported unless the service is on.

A request of a tenant takes these steps:
1. `keys` reads the key; a form or checksum that is wrong costs nothing more.
2. `admission` remembers for a minute whether the key was accepted or refused, and where too little was left; a key that
   it does not know costs one read of the tenant's item.
3. The model answers. Generation reserves the most that it may take before it begins.
4. One conditional write checks everything again, takes the cost from the windows and counts it.
5. The answer leaves after the write is acknowledged, never before.

`charge` holds the values, `tenant` the rules, `store` the interface, `dynamodb` and `sqlite` the two stores.
"""

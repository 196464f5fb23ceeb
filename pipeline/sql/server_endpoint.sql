-- server_endpoint: one row per server, server port and protocol with a session
-- of at least one hour, over all buckets of flow_profile. Counts of clients.
WITH network AS (
    SELECT count(DISTINCT client_ip)::INTEGER AS clients FROM flow_profile
)
SELECT
    server_ip, server_port, proto,
    count(*)::INTEGER AS clients,
    any_value(network.clients) AS network_clients
FROM flow_profile, network
GROUP BY server_ip, server_port, proto
HAVING max(longest_s) >= 3600
ORDER BY server_ip, server_port, proto

-- server_endpoint: one row per server, server port and protocol that some client
-- has a row of flow_profile with: how many client addresses it has in all flows;
-- network_clients is the number of clients with any row of flow_profile.
WITH wanted AS (
    SELECT DISTINCT server_ip, server_port, proto FROM flow_profile
),
pair AS (
    SELECT dst_ip, dst_port, proto, src_ip
    FROM flows
    SEMI JOIN wanted ON dst_ip = server_ip AND dst_port = server_port AND flows.proto = wanted.proto
    GROUP BY dst_ip, dst_port, proto, src_ip
),
network AS (
    SELECT count(DISTINCT client)::INTEGER AS clients FROM flow_profile
)
SELECT
    dst_ip AS server_ip, dst_port AS server_port, proto,
    count(*)::INTEGER AS clients,
    any_value(network.clients) AS network_clients
FROM pair, network
GROUP BY dst_ip, dst_port, proto
ORDER BY server_ip, server_port, proto

-- large_packet: one row per record of flows that may be a large packet of a pool's from
-- the server, of sampled records, by the addresses in pool_address (value). As flows.
SELECT *
FROM flows
WHERE sampling > 1 AND resp_pkts > 0 AND resp_bytes >= 1000 * resp_pkts
    AND dst_ip IN (SELECT "value" FROM pool_address)
ORDER BY ts, src_ip, dst_ip, src_port, dst_port, proto, resp_bytes

-- What every client address had with the addresses in the table target, by UTC
-- day; by source port, too, where the address is in the table shared_address, as
-- several subscribers use it at once. Bytes; instants in microseconds since 1970.
SELECT
    dst_ip, dst_port, proto, src_ip,
    CASE WHEN src_ip IN (FROM shared_address) THEN src_port ELSE 0 END AS port,
    epoch_us(min(ts)) AS first_us, epoch_us(max(ts)) AS last_us,
    sum(orig_bytes + resp_bytes)::BIGINT AS bytes
FROM flows
WHERE dst_ip IN (FROM target)
GROUP BY dst_ip, dst_port, proto, src_ip, port, epoch_us(ts) // 86400000000
ORDER BY dst_ip, dst_port, proto, src_ip, port, first_us

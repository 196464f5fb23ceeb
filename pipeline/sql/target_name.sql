-- Names under which the addresses in the table target were spoken with over TLS
-- since $1, in microseconds since 1970.
SELECT dst_ip, sni FROM flows WHERE sni <> '' AND dst_ip IN (FROM target) AND epoch_us(ts) >= $1::BIGINT
UNION
SELECT dst_ip, sni FROM tls WHERE sni <> '' AND dst_ip IN (FROM target) AND epoch_us(ts) >= $1::BIGINT
ORDER BY dst_ip, sni

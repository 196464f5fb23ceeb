-- server_name: one row per client, name asked for and address answered in a UTC
-- day; a query answered without any address has a row without address. Counts;
-- instants in UTC. Whose the address was is said afterwards.
WITH query AS (
    SELECT bucket, client_ip, "query" AS host, epoch_us(ts) AS at_us,
        -- Answers also hold canonical names: an address has a colon, or digits and dots only.
        list_filter(string_split(coalesce(answers, ''), ' '),
            lambda a: regexp_full_match(a, '[0-9]+(\.[0-9]+){3}|[0-9a-fA-F.]*:[0-9a-fA-F:.]*')) AS addresses
    FROM dns
),
answer AS (
    SELECT bucket, client_ip, host, at_us,
        unnest(CASE WHEN len(addresses) = 0 THEN [NULL::VARCHAR] ELSE list_distinct(addresses) END) AS server_ip
    FROM query
)
SELECT
    min(bucket) AS bucket,
    client_ip AS client,
    client_ip,
    server_ip,
    host,
    make_timestamptz(min(at_us)) AS first_seen,
    make_timestamptz(max(at_us)) AS last_seen,
    count(*) AS queries,
    1 AS days
FROM answer
GROUP BY client_ip, host, server_ip, at_us // 86400000000
ORDER BY client_ip, host, server_ip NULLS FIRST, first_seen

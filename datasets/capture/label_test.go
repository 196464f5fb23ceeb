package capture

import "testing"

// The payloads are shortened from the public captures of the mining protocols.
func TestLabel(t *testing.T) {
	for _, test := range []struct{ payload, want string }{
		{`{"id": 1, "method": "mining.subscribe", "params": []}`, Stratum},
		{`{"params": ["1", "00"], "id": null, "method": "mining.notify"}`, Stratum},
		{`{"worker": "eth1.0", "jsonrpc": "2.0", "params": [], "id": 3, "method": "eth_getWork"}`, EthProxy},
		{`{"id":1,"jsonrpc":"2.0","method":"eth_submitLogin","params":["0x0"]}`, EthProxy},
		{`{"method":"login","params":{"login":"4x","pass":"x","agent":"xmr-stak"},"id":1}`, CryptoNote},
		{`{"jsonrpc":"2.0","method":"job","params":{"blob":"0505","job_id":"1","target":"b88d0600"}}`, CryptoNote},
		{`{"method":"submit","params":{"id":"1","job_id":"1","nonce":"1b","result":"00"},"id":1}`, CryptoNote},
		{"POST / HTTP/1.1\r\nX-Mining-Extensions: longpoll midstate\r\n\r\n", GetWork},
		{`{"method": "getblocktemplate", "params": [], "id":0}`, GetWork},
		// JSON-RPC that is not mining.
		{`{"jsonrpc":"2.0","method":"login","params":{"user":"a","pass":"b"},"id":1}`, ""},
		{`{"jsonrpc":"2.0","method":"submit","params":{"form":"a"},"id":1}`, ""},
		{`{"jsonrpc":"2.0","method":"eth_blockNumber","params":[],"id":83}`, ""},
		{`{"text":"how to call mining.subscribe"}`, ""},
		{`{"method":"mining.tour"}`, ""},
		{"", ""},
	} {
		if got := Label([]byte(test.payload)); got != test.want {
			t.Errorf("Label(%s) = %q, want %q", test.payload, got, test.want)
		}
	}
}

func FuzzServerName(f *testing.F) {
	f.Add([]byte("\x16\x03\x01\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if n := serverName(p); len(n) > len(p) {
			t.Errorf("a name of %d bytes in %d", len(n), len(p))
		}
	})
}

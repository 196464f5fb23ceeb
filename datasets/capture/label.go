package capture

import (
	"bytes"
	"regexp"
)

// Labels that [Label] gives. They begin with the name under which nDPI lists
// the protocol.
const (
	Stratum     = "Mining: Stratum"            // BTC, ZEC, ETH and others
	EthProxy    = "Mining: ETH proxy"          // eth_submitLogin, eth_getWork
	CryptoNote  = "Mining: CryptoNote Stratum" // XMR and its like: login, job, submit
	GetWork     = "Mining: getwork"            // HTTP: getwork, getblocktemplate
	mostPayload = 4096                         // bytes of one packet that are looked at
)

// Method names of the mining protocols. A JSON-RPC call with another method is
// no mining: nDPI once labelled any, and had to take it back (its issue 2216).
// The methods of CryptoNote are plain words, so that its own members must stand
// beside them.
var (
	stratumMethod = regexp.MustCompile(`"method"\s*:\s*"mining\.(subscribe|authorize|notify|submit|configure|set_difficulty|set_target|set_extranonce|extranonce\.subscribe|get_transactions|suggest_difficulty|suggest_target|multi_version)"`)
	ethMethod     = regexp.MustCompile(`"method"\s*:\s*"eth_?(submitLogin|submitWork|getWork|submitHashrate)"`)
	getWorkMethod = regexp.MustCompile(`"method"\s*:\s*"(getwork|getblocktemplate|getworkex)"`)
	cryptoLogin   = regexp.MustCompile(`"method"\s*:\s*"login"`)
	cryptoJob     = regexp.MustCompile(`"method"\s*:\s*"job"`)
	cryptoSubmit  = regexp.MustCompile(`"method"\s*:\s*"submit"`)
)

// Label returns the mining protocol of a payload, "" if it shows none.
func Label(payload []byte) string {
	payload = payload[:min(len(payload), mostPayload)]
	if bytes.Contains(payload, []byte("X-Mining-Extensions")) {
		return GetWork
	}
	if !bytes.Contains(payload, []byte(`"method"`)) {
		return ""
	}
	has := func(member string) bool { return bytes.Contains(payload, []byte(`"`+member+`"`)) }
	switch {
	case stratumMethod.Match(payload):
		return Stratum
	case ethMethod.Match(payload):
		return EthProxy
	case getWorkMethod.Match(payload):
		return GetWork
	case cryptoLogin.Match(payload) && has("agent") && has("pass"),
		cryptoJob.Match(payload) && has("blob") && has("target"),
		cryptoSubmit.Match(payload) && has("job_id") && has("nonce"):
		return CryptoNote
	}
	return ""
}

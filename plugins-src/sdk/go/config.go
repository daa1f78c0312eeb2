package remit

// LookupConfig gives the value that the skill configures under key; found is false where it configures none, or
// grants no reading of it.
func LookupConfig(key string) (value string, found bool, err error) {
	value, found, err = hostConfig(key)
	if err != nil {
		return "", false, Unavailablef("the configuration %q: %w", key, err)
	}
	return value, found, nil
}

// Config gives the value that the skill configures under key, which the plugin cannot do without. Where there is
// none, the error is of kind [Denied] and says what the skill must configure.
func Config(key string) (string, error) {
	value, found, err := LookupConfig(key)
	if err != nil {
		return "", err
	}
	if !found {
		return "", Deniedf("the configuration %q is not granted: the skill must say `config %s=…` for this plugin",
			key, key)
	}
	return value, nil
}

//! Literal secrets, and what only looks like one.

use storyline_dbt::secrets;
use storyline_yaml::read;

/// `address: bytes`
fn check(text: &str) -> String {
    let document = read(text.as_bytes());
    let found = secrets(&document);
    let found = found.iter().map(|secret| {
        let value = String::from_utf8_lossy(secret.span.slice(text.as_bytes()));
        format!("{} ({}): {value}", secret.address, secret.key)
    });
    found.collect::<Vec<_>>().join("\n")
}

#[test]
fn found() {
    let text = "\
shop:
  outputs:
    dev:
      password: hunter2
      pass: 'it''s'
      user: alice
    bq:
      keyfile_json:
        type: service_account
        private_key: |
          -----BEGIN
          x
        private_key_id: 1
        client_email: a@b
        token_uri: https://x
    sf:
      private_key_passphrase: \"changeme\"
      token: 12345
      client-secret: &s abc
      refresh_token: *s
    duck:
      path: md:shop?motherduck_token=abc
      settings: {s3_secret_access_key: k, s3_access_key_id: i, s3_region: r}
      secrets: [{type: s3, key_id: a, secret: b}]
      attach: [{path: 'postgres://me:pw@host/db'}]
    env:
      password: \"{{ env_var('P', 'hunter2') }}\"
      pass: '{{ env_var( \"P\" ,  default = \"x\" ) }}'
x-shared:
  password: shared
";
    insta::assert_snapshot!(check(text), @r#"
    shop.outputs.dev.password (password): hunter2
    shop.outputs.dev.pass (pass): it''s
    shop.outputs.bq.keyfile_json.private_key (private_key):           -----BEGIN
              x

    shop.outputs.sf.private_key_passphrase (private_key_passphrase): changeme
    shop.outputs.sf.token (token): 12345
    shop.outputs.sf.client-secret (client-secret): abc
    shop.outputs.duck.path (path): md:shop?motherduck_token=abc
    shop.outputs.duck.settings.s3_secret_access_key (s3_secret_access_key): k
    shop.outputs.duck.secrets[0].secret (secret): b
    shop.outputs.duck.attach[0].path (path): postgres://me:pw@host/db
    shop.outputs.env.password (password): {{ env_var('P', 'hunter2') }}
    shop.outputs.env.pass (pass): {{ env_var( "P" ,  default = "x" ) }}
    x-shared.password (password): shared
    "#);
}

#[test]
fn none() {
    let text = "\
shop:
  outputs:
    dev:
      password: \"{{ env_var('DBT_PASSWORD') }}\"
      pass: ''
      passwd: \"{{ env_var('DBT_PASSWORD', '') }}\"
      pwd: \"{{ env_var('DBT_PASSWORD', env_var('OTHER')) }}\"
      token:
      secret: null
      keyfile: /home/me/key.json
      method: oauth
      authenticator: externalbrowser
      sslmode: require
      sslkey: /etc/key.pem
      sslcert: /etc/cert.pem
      token_uri: https://oauth2.googleapis.com/token
      token_endpoint: {type: okta}
      private_key_path: /x
      private_key: {{ env_var('K') }}
      retry_on_password_change: true
      token_duration_seconds: 3600
      host: https://host:443/x
      passthrough: x
      search_path: a
      path: md:shop?motherduck_token={{ env_var('T') }}
";
    insta::assert_snapshot!(check(text), @"");
}

project_name: "shop"

constant: SCHEMA {
  value: "analytics"
  export: override_optional
}

local_dependency: {
  project: "shared"
  override_constant: SCHEMA {
    value: "@{SCHEMA}"
  }
}

remote_dependency: blocks {
  url: "https://git.example/blocks"
  ref: "main"
}

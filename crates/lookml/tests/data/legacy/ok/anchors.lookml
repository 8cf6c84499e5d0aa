- view: &v a
  label: *v
  fields:
  - dimension: !x d
    <<: {type: int}

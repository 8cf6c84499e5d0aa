- view: a
  fields:
  - dimension: kind
    links:
    - label: Go
      url: /dashboards/m::x
    - {label: Other, url: "https://x.org/"}
    html: <a href="#">{{ value }}</a>

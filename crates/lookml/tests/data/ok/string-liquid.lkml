label: "{% if a._in_query %}A{% else %}{{ b['c'] }}{% endif %}"

# } ] ;; " sql: {
hidden: yes #}

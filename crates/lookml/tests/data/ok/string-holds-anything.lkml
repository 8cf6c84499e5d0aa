label: "# } ] ; ;; { [ sql: x"
hidden: yes

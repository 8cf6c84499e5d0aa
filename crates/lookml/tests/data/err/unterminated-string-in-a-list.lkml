fields: ["abc, d]
hidden: yes

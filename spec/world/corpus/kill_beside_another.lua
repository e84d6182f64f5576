-- A line of a killed process, after which another process has written, was written again.

return {
  actions = {
    {
      age = 104.29846427862266,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 1.1891500411602642, "InProgress" }, { 54.755896277051335, "Succeeded" }
      },
      id = "21f6c188-59ba-4fa5-af42-546eaf358997",
      machine = "e2864b2e3500a82821c37f7a0d5271ef33e1c3c4",
      status = "Pending",
      type = "Isolate"
    },
    {
      age = 476.51894813472018, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "701ca636-8660-47dc-a8ab-0f9ed8834697",
      machine = "81bc1c2f0d7120725eb3738295728a05db20fd8d", status = "Pending",
      type = "RunAntiVirusScan"
    },
    {
      age = 69456.655047753477,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 276.15354143035307, "InProgress" }, { 278.35438749504107, "Succeeded" }
      },
      id = "08f139d1-9539-4b5f-a250-18ae5c54b013",
      machine = "32fe174991ae4f55dbaf7558d7854bdac41af448",
      status = "Pending",
      type = "RunAntiVirusScan"
    },
    {
      age = 51522.099047521668,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 39.575043526059297, "InProgress" }, { 44.564520453334559, "Succeeded" }
      },
      id = "22a04070-bd05-41ec-afcc-1ab84847bd8d",
      machine = "4c6721d8f894492946deff1f26f18800b039d80b",
      status = "Pending",
      type = "RestrictCodeExecution"
    },
    {
      age = 583.2202733037459,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 14.843861115359109, "InProgress" }, { 492.33054812918323, "Failed" }
      },
      id = "02e78e37-035b-4881-ad88-a9f29c037cb9",
      machine = "7a462815c3dc3932ac265418fee76cec5f908f9e",
      status = "Pending",
      type = "Isolate"
    },
    {
      age = 15117.992309891606, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "80e21610-c1d2-40da-a585-b2047153df82",
      machine = "16b0c366b922bb2e0bfbf5d469282416dc73dc2a", status = "Pending",
      type = "Isolate"
    },
    {
      age = 313.93998380500494, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "b70e7b08-ad35-4663-af57-60b1ee6c1523",
      machine = "a2d23135650353193fe35da6bc6580035e575afe", status = "Pending",
      type = "Isolate"
    },
    {
      age = 861.4415758342725, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "f514ae2b-fe4a-455e-a298-99d2cd1bc042",
      machine = "d2c789da0a04498bc822644bb7782625948d5bcf", status = "Pending",
      type = "Isolate"
    },
    {
      age = 74936.481754729539, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "acb17868-2d4c-4c1a-ad6d-1b81ce777edd",
      machine = "3796c107166566773623e90ce87f8d155c9f3e84", status = "Pending",
      type = "Isolate"
    },
    {
      age = 137.10019337126695,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 2.8162472887928658, "InProgress" }, { 14.355646380213836, "Succeeded" }
      },
      id = "ff140998-5d68-4526-ac0d-d999e4781597",
      machine = "7cb46a170ebda8fcfbb7e9d73362734db69c5fc2",
      status = "Pending",
      type = "Isolate"
    },
    {
      age = 1204.0834451119777, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "993069fe-5098-43ab-a981-4ab8a1cdc5fb",
      machine = "f9f39b085df03a0ab32452b075b81e76b8403d15", status = "InProgress",
      type = "Isolate"
    }
  },
  application = "09c96406-f686-4aa5-ab94-309c1152a602",
  entries = {
    {
      argv = {
        "cancel", "80e21610-c1d2-40da-a585-b2047153df82",
        "02e78e37-035b-4881-ad88-a9f29c037cb9", "2bca7e2e-a9cd-489d-a977-a9932bbaadce",
        "b70e7b08-ad35-4663-af57-60b1ee6c1523", "993069fe-5098-43ab-a981-4ab8a1cdc5fb",
        "701ca636-8660-47dc-a8ab-0f9ed8834697", "21f6c188-59ba-4fa5-af42-546eaf358997",
        "22a04070-bd05-41ec-afcc-1ab84847bd8d", "08f139d1-9539-4b5f-a250-18ae5c54b013",
        "ff140998-5d68-4526-ac0d-d999e4781597", "e8016550-236f-4334-aec3-e80ed3004183",
        "f514ae2b-fe4a-455e-a298-99d2cd1bc042", "28fd9031-38e0-46c9-a64e-013bd47cc278",
        "ed8bc570-e3bb-4d07-a0b6-1975419d65dc", "0609350a-5fbe-4fcd-a452-91bfe78faf74",
        "557851fb-45e7-4ad4-aaaf-3003a1370b0e", "6aa02372-568f-4a5b-a2b1-6b66c6cfad2c",
        "f4777b76-9d7a-471a-a8e4-34a7f20ccb83", "5906f769-0a9b-44a2-afbd-37834de6f4e4",
        "c17392d4-d8b6-461d-a6a2-ea02c8441b33", "0c73ffd6-68cf-4a0b-a65f-07fcbf04e8bb",
        "57ca244d-d76b-4e08-a015-058410d40ab8", "81d9dd6d-9ef7-4174-a84e-341a1ddc51d4",
        "8c1dc901-0e4c-4540-a963-cdd42a1f4e76", "d32c0c2c-41fd-4798-a92d-140244cdd960",
        "18ead89e-bc4a-40e0-a2d6-a511922d9993", "acb17868-2d4c-4c1a-ad6d-1b81ce777edd",
        "bf51fbc1-6a42-4a07-a2ef-0b95bfae6402", "ba75d074-2535-49c1-ae5f-103bc916599c",
        "e5585364-1d63-46a0-ad07-e997432bfe07", "6387b55d-379f-4b9b-adc4-70fb88e59b12",
        "56e64b18-b6e9-45d0-a01e-8bc49fbbde2b", "a6145ed8-a685-4111-ac43-76b89804e9d2",
        "d604b444-5ad3-4ae6-ad86-16360a3206f3", "225433a7-b8cf-4ade-afbb-f523b4e177cc",
        "b40df911-c295-4cc1-abbc-8bd1595a0e1c", "1ed07fcd-62c4-457c-aaa6-791733e4d1aa",
        "97621ba2-ad26-4670-a9dd-3c42f9e1c411", "a699776f-6c9b-422f-a68f-52976af833be",
        "f298b2a9-eaac-4711-a6c7-2f0157406ddc", "dd743256-7db1-40b7-a01d-71356989bb91",
        "25bddc89-7b0e-4781-aadd-6b1b29e713cb", "7614af7f-78d6-42b8-a42b-76ccd9942747",
        "14711739-e871-452b-a12c-ba378ac2e49b", "2d397c33-1129-48b0-aeee-375e67742664",
        "a808bd05-3b66-4dc8-a2da-ede54bc1ef48", "d50d23f8-2ef3-4559-a961-0bb79c2fc599",
        "f6c470e4-6ffa-4eff-a654-5db495832317", "fde50953-ded4-46f4-a4b8-11f5bc72bcdb",
        "ae83602e-f660-49a1-a165-cca4864f7a71", "3c64db30-945a-456b-a237-bc77f92000d3",
        "e68113ec-2253-4b30-a70c-938a084a1ee7", "dbd1b38f-2e14-4880-aa5d-751c758da8f7",
        "f76867d6-00ca-43a1-ac1e-7231ced40b5d", "04c7d9f1-7dd9-4bea-aac1-d6d8358496a4",
        "5704aa6f-a192-490c-ac41-478a2c2f523a", "53d78526-e217-44fb-acca-246691da6bed",
        "7e8dd34a-a70e-4b0f-aa84-a27b43760cd3", "1cb70b0f-5241-4579-a813-6f552c5bea7e",
        "4f62acf5-2fb8-4387-a2ce-f628085fa1f5", "59c77677-870b-43fa-ae06-3d55037c079c",
        "8465b5d5-67f6-4d33-a29c-8731b44ccfb7", "1a49ce59-a539-4a9e-ae38-23df6d5cb38a",
        "e6b7066a-f13c-406f-aba7-0eec55112770", "cd964ce2-56e2-4dc9-a8cd-8c87431aeb73",
        "cf1a8dad-ebed-4b85-a849-0e8173e143b8", "0216ee27-7626-4e7b-a236-d2bddc7c3e8a",
        "d700054b-f808-40ee-a4c1-481c810da947", "f306105c-73aa-4af9-a2f0-9256a3fc9095",
        "a16c64a6-db47-447e-acd5-9d2976e00e6f", "e6f45935-0e24-4a0a-a1ac-abe0fe4ac04b",
        "5f96ce62-9e2c-44ec-a170-bc630f7c761d", "1ff52a0e-b0eb-425f-ab3f-211fb47ef2c3",
        "f425f6ad-2a72-44e8-ab9d-4f978b7310a9", "fde46c99-16c6-422b-ab66-30dfb0d5612b",
        "d204b325-9054-4827-aa7a-f34892a8062c", "685bcc74-2024-41be-ab8b-a6b46ec987f7",
        "3d9f41d7-dabc-4886-a2d9-5ddfbd744ad5", "f30fada6-aa9c-44b8-a545-939549a7be62",
        "f4c8c77c-9173-4d74-a531-58c7f29f7a7b", "266e9656-5102-4323-a5ac-3e4c9bdd0579",
        "5fc7211c-4235-43a4-a320-7ddbe3ebeb53", "1394dc8e-554d-4375-a728-aab28808d390",
        "3e7a25ad-1d7a-48fa-a088-091f551e18ef", "13ad835e-07f4-4271-afdf-cd111142fc99",
        "1dc8ab9d-40a6-4d72-a744-859b3eb9ddc1", "928ae742-bff0-4d42-a0eb-280e6a2cdda2",
        "3d87bc73-c755-4e47-af6a-10b32a82a33e", "b9e051d8-364b-4232-a7fd-ec398db3f3fc",
        "734c3e75-5680-44e3-a47a-e611c946fed4", "82bddb04-6ef9-4abe-a0df-9c08b856d386",
        "0fd85db9-affc-420a-ad06-95125b9d07b5", "b846af8b-a405-4c17-ae8c-ce25d6604003", "-m",
        "misfire", "--yes"
      },
      at = 0,
      host = "soc1",
      intent = {
        comment = "misfire",
        ids = {
          "80e21610-c1d2-40da-a585-b2047153df82", "02e78e37-035b-4881-ad88-a9f29c037cb9",
          "2bca7e2e-a9cd-489d-a977-a9932bbaadce", "b70e7b08-ad35-4663-af57-60b1ee6c1523",
          "993069fe-5098-43ab-a981-4ab8a1cdc5fb", "701ca636-8660-47dc-a8ab-0f9ed8834697",
          "21f6c188-59ba-4fa5-af42-546eaf358997", "22a04070-bd05-41ec-afcc-1ab84847bd8d",
          "08f139d1-9539-4b5f-a250-18ae5c54b013", "ff140998-5d68-4526-ac0d-d999e4781597",
          "e8016550-236f-4334-aec3-e80ed3004183", "f514ae2b-fe4a-455e-a298-99d2cd1bc042",
          "d7fc7d52-1f76-47d7-a02f-07e75f2bfe75", "ecb886ef-38fd-47e0-a182-d1516d34836b",
          "28fd9031-38e0-46c9-a64e-013bd47cc278", "ed8bc570-e3bb-4d07-a0b6-1975419d65dc",
          "0609350a-5fbe-4fcd-a452-91bfe78faf74", "557851fb-45e7-4ad4-aaaf-3003a1370b0e",
          "6aa02372-568f-4a5b-a2b1-6b66c6cfad2c", "f4777b76-9d7a-471a-a8e4-34a7f20ccb83",
          "5906f769-0a9b-44a2-afbd-37834de6f4e4", "c17392d4-d8b6-461d-a6a2-ea02c8441b33",
          "0c73ffd6-68cf-4a0b-a65f-07fcbf04e8bb", "57ca244d-d76b-4e08-a015-058410d40ab8",
          "81d9dd6d-9ef7-4174-a84e-341a1ddc51d4", "8c1dc901-0e4c-4540-a963-cdd42a1f4e76",
          "d32c0c2c-41fd-4798-a92d-140244cdd960", "18ead89e-bc4a-40e0-a2d6-a511922d9993",
          "acb17868-2d4c-4c1a-ad6d-1b81ce777edd", "bf51fbc1-6a42-4a07-a2ef-0b95bfae6402",
          "ba75d074-2535-49c1-ae5f-103bc916599c", "e5585364-1d63-46a0-ad07-e997432bfe07",
          "6387b55d-379f-4b9b-adc4-70fb88e59b12", "56e64b18-b6e9-45d0-a01e-8bc49fbbde2b",
          "a6145ed8-a685-4111-ac43-76b89804e9d2", "d604b444-5ad3-4ae6-ad86-16360a3206f3",
          "225433a7-b8cf-4ade-afbb-f523b4e177cc", "b40df911-c295-4cc1-abbc-8bd1595a0e1c",
          "1ed07fcd-62c4-457c-aaa6-791733e4d1aa", "97621ba2-ad26-4670-a9dd-3c42f9e1c411",
          "a699776f-6c9b-422f-a68f-52976af833be", "f298b2a9-eaac-4711-a6c7-2f0157406ddc",
          "dd743256-7db1-40b7-a01d-71356989bb91", "25bddc89-7b0e-4781-aadd-6b1b29e713cb",
          "7614af7f-78d6-42b8-a42b-76ccd9942747", "14711739-e871-452b-a12c-ba378ac2e49b",
          "2d397c33-1129-48b0-aeee-375e67742664", "a808bd05-3b66-4dc8-a2da-ede54bc1ef48",
          "d50d23f8-2ef3-4559-a961-0bb79c2fc599", "f6c470e4-6ffa-4eff-a654-5db495832317",
          "fde50953-ded4-46f4-a4b8-11f5bc72bcdb", "ae83602e-f660-49a1-a165-cca4864f7a71",
          "3c64db30-945a-456b-a237-bc77f92000d3", "e68113ec-2253-4b30-a70c-938a084a1ee7",
          "dbd1b38f-2e14-4880-aa5d-751c758da8f7", "f76867d6-00ca-43a1-ac1e-7231ced40b5d",
          "04c7d9f1-7dd9-4bea-aac1-d6d8358496a4", "5704aa6f-a192-490c-ac41-478a2c2f523a",
          "53d78526-e217-44fb-acca-246691da6bed", "7e8dd34a-a70e-4b0f-aa84-a27b43760cd3",
          "1cb70b0f-5241-4579-a813-6f552c5bea7e", "4f62acf5-2fb8-4387-a2ce-f628085fa1f5",
          "59c77677-870b-43fa-ae06-3d55037c079c", "8465b5d5-67f6-4d33-a29c-8731b44ccfb7",
          "1a49ce59-a539-4a9e-ae38-23df6d5cb38a", "e6b7066a-f13c-406f-aba7-0eec55112770",
          "cd964ce2-56e2-4dc9-a8cd-8c87431aeb73", "cf1a8dad-ebed-4b85-a849-0e8173e143b8",
          "0216ee27-7626-4e7b-a236-d2bddc7c3e8a", "d700054b-f808-40ee-a4c1-481c810da947",
          "f306105c-73aa-4af9-a2f0-9256a3fc9095", "a16c64a6-db47-447e-acd5-9d2976e00e6f",
          "e6f45935-0e24-4a0a-a1ac-abe0fe4ac04b", "5f96ce62-9e2c-44ec-a170-bc630f7c761d",
          "1ff52a0e-b0eb-425f-ab3f-211fb47ef2c3", "f425f6ad-2a72-44e8-ab9d-4f978b7310a9",
          "fde46c99-16c6-422b-ab66-30dfb0d5612b", "d204b325-9054-4827-aa7a-f34892a8062c",
          "685bcc74-2024-41be-ab8b-a6b46ec987f7", "3d9f41d7-dabc-4886-a2d9-5ddfbd744ad5",
          "f30fada6-aa9c-44b8-a545-939549a7be62", "f4c8c77c-9173-4d74-a531-58c7f29f7a7b",
          "266e9656-5102-4323-a5ac-3e4c9bdd0579", "5fc7211c-4235-43a4-a320-7ddbe3ebeb53",
          "1394dc8e-554d-4375-a728-aab28808d390", "3e7a25ad-1d7a-48fa-a088-091f551e18ef",
          "13ad835e-07f4-4271-afdf-cd111142fc99", "1dc8ab9d-40a6-4d72-a744-859b3eb9ddc1",
          "928ae742-bff0-4d42-a0eb-280e6a2cdda2", "3d87bc73-c755-4e47-af6a-10b32a82a33e",
          "b9e051d8-364b-4232-a7fd-ec398db3f3fc", "734c3e75-5680-44e3-a47a-e611c946fed4",
          "82bddb04-6ef9-4abe-a0df-9c08b856d386", "0fd85db9-affc-420a-ad06-95125b9d07b5",
          "b846af8b-a405-4c17-ae8c-ce25d6604003"
        },
        what = "cancel"
      },
      name = "p1",
      user = "dana",
      what = "run"
    },
    {
      agrees = true, argv = { "resume" }, at = 0.1935838771511546, attended = true,
      host = "soc1", intent = { what = "resume" }, name = "p2", user = "dana", what = "run"
    },
    {
      argv = {
        "cancel", "acb17868-2d4c-4c1a-ad6d-1b81ce777edd",
        "dd743256-7db1-40b7-a01d-71356989bb91", "f4777b76-9d7a-471a-a8e4-34a7f20ccb83",
        "d32c0c2c-41fd-4798-a92d-140244cdd960", "2bca7e2e-a9cd-489d-a977-a9932bbaadce",
        "bf51fbc1-6a42-4a07-a2ef-0b95bfae6402", "b70e7b08-ad35-4663-af57-60b1ee6c1523",
        "b40df911-c295-4cc1-abbc-8bd1595a0e1c", "ff140998-5d68-4526-ac0d-d999e4781597",
        "a699776f-6c9b-422f-a68f-52976af833be", "f4c8c77c-9173-4d74-a531-58c7f29f7a7b",
        "f306105c-73aa-4af9-a2f0-9256a3fc9095", "8c1dc901-0e4c-4540-a963-cdd42a1f4e76",
        "0216ee27-7626-4e7b-a236-d2bddc7c3e8a", "701ca636-8660-47dc-a8ab-0f9ed8834697",
        "fde46c99-16c6-422b-ab66-30dfb0d5612b", "f514ae2b-fe4a-455e-a298-99d2cd1bc042",
        "1394dc8e-554d-4375-a728-aab28808d390", "3d9f41d7-dabc-4886-a2d9-5ddfbd744ad5",
        "5fc7211c-4235-43a4-a320-7ddbe3ebeb53", "1ff52a0e-b0eb-425f-ab3f-211fb47ef2c3",
        "ae83602e-f660-49a1-a165-cca4864f7a71", "80e21610-c1d2-40da-a585-b2047153df82",
        "734c3e75-5680-44e3-a47a-e611c946fed4", "3e7a25ad-1d7a-48fa-a088-091f551e18ef",
        "6aa02372-568f-4a5b-a2b1-6b66c6cfad2c", "7e8dd34a-a70e-4b0f-aa84-a27b43760cd3",
        "e6b7066a-f13c-406f-aba7-0eec55112770", "cf1a8dad-ebed-4b85-a849-0e8173e143b8",
        "993069fe-5098-43ab-a981-4ab8a1cdc5fb", "04c7d9f1-7dd9-4bea-aac1-d6d8358496a4",
        "685bcc74-2024-41be-ab8b-a6b46ec987f7", "56e64b18-b6e9-45d0-a01e-8bc49fbbde2b",
        "82bddb04-6ef9-4abe-a0df-9c08b856d386", "28fd9031-38e0-46c9-a64e-013bd47cc278",
        "8465b5d5-67f6-4d33-a29c-8731b44ccfb7", "f6c470e4-6ffa-4eff-a654-5db495832317",
        "ba75d074-2535-49c1-ae5f-103bc916599c", "97621ba2-ad26-4670-a9dd-3c42f9e1c411",
        "25bddc89-7b0e-4781-aadd-6b1b29e713cb", "d204b325-9054-4827-aa7a-f34892a8062c",
        "a6145ed8-a685-4111-ac43-76b89804e9d2", "c17392d4-d8b6-461d-a6a2-ea02c8441b33",
        "3d87bc73-c755-4e47-af6a-10b32a82a33e", "e8016550-236f-4334-aec3-e80ed3004183",
        "f30fada6-aa9c-44b8-a545-939549a7be62", "f298b2a9-eaac-4711-a6c7-2f0157406ddc",
        "5f96ce62-9e2c-44ec-a170-bc630f7c761d", "a16c64a6-db47-447e-acd5-9d2976e00e6f",
        "0609350a-5fbe-4fcd-a452-91bfe78faf74", "e68113ec-2253-4b30-a70c-938a084a1ee7",
        "14711739-e871-452b-a12c-ba378ac2e49b", "57ca244d-d76b-4e08-a015-058410d40ab8",
        "81d9dd6d-9ef7-4174-a84e-341a1ddc51d4", "1cb70b0f-5241-4579-a813-6f552c5bea7e",
        "08f139d1-9539-4b5f-a250-18ae5c54b013", "dbd1b38f-2e14-4880-aa5d-751c758da8f7",
        "b846af8b-a405-4c17-ae8c-ce25d6604003", "d50d23f8-2ef3-4559-a961-0bb79c2fc599",
        "3c64db30-945a-456b-a237-bc77f92000d3", "5704aa6f-a192-490c-ac41-478a2c2f523a",
        "13ad835e-07f4-4271-afdf-cd111142fc99", "7614af7f-78d6-42b8-a42b-76ccd9942747",
        "4f62acf5-2fb8-4387-a2ce-f628085fa1f5", "d7fc7d52-1f76-47d7-a02f-07e75f2bfe75",
        "ed8bc570-e3bb-4d07-a0b6-1975419d65dc", "e5585364-1d63-46a0-ad07-e997432bfe07",
        "f76867d6-00ca-43a1-ac1e-7231ced40b5d", "557851fb-45e7-4ad4-aaaf-3003a1370b0e",
        "d700054b-f808-40ee-a4c1-481c810da947", "f425f6ad-2a72-44e8-ab9d-4f978b7310a9",
        "266e9656-5102-4323-a5ac-3e4c9bdd0579", "6387b55d-379f-4b9b-adc4-70fb88e59b12",
        "0fd85db9-affc-420a-ad06-95125b9d07b5", "a808bd05-3b66-4dc8-a2da-ede54bc1ef48",
        "e6f45935-0e24-4a0a-a1ac-abe0fe4ac04b", "1a49ce59-a539-4a9e-ae38-23df6d5cb38a",
        "225433a7-b8cf-4ade-afbb-f523b4e177cc", "59c77677-870b-43fa-ae06-3d55037c079c",
        "b9e051d8-364b-4232-a7fd-ec398db3f3fc", "d604b444-5ad3-4ae6-ad86-16360a3206f3",
        "fde50953-ded4-46f4-a4b8-11f5bc72bcdb", "5906f769-0a9b-44a2-afbd-37834de6f4e4",
        "0c73ffd6-68cf-4a0b-a65f-07fcbf04e8bb", "53d78526-e217-44fb-acca-246691da6bed",
        "18ead89e-bc4a-40e0-a2d6-a511922d9993", "1ed07fcd-62c4-457c-aaa6-791733e4d1aa",
        "21f6c188-59ba-4fa5-af42-546eaf358997", "1dc8ab9d-40a6-4d72-a744-859b3eb9ddc1",
        "2d397c33-1129-48b0-aeee-375e67742664", "cd964ce2-56e2-4dc9-a8cd-8c87431aeb73",
        "928ae742-bff0-4d42-a0eb-280e6a2cdda2", "22a04070-bd05-41ec-afcc-1ab84847bd8d",
        "ecb886ef-38fd-47e0-a182-d1516d34836b", "02e78e37-035b-4881-ad88-a9f29c037cb9", "-m",
        "misfire", "--yes"
      },
      at = 2.6121097559289743,
      host = "soc1",
      intent = {
        comment = "misfire",
        ids = {
          "acb17868-2d4c-4c1a-ad6d-1b81ce777edd", "dd743256-7db1-40b7-a01d-71356989bb91",
          "f4777b76-9d7a-471a-a8e4-34a7f20ccb83", "d32c0c2c-41fd-4798-a92d-140244cdd960",
          "2bca7e2e-a9cd-489d-a977-a9932bbaadce", "bf51fbc1-6a42-4a07-a2ef-0b95bfae6402",
          "b70e7b08-ad35-4663-af57-60b1ee6c1523", "b40df911-c295-4cc1-abbc-8bd1595a0e1c",
          "ff140998-5d68-4526-ac0d-d999e4781597", "a699776f-6c9b-422f-a68f-52976af833be",
          "f4c8c77c-9173-4d74-a531-58c7f29f7a7b", "f306105c-73aa-4af9-a2f0-9256a3fc9095",
          "8c1dc901-0e4c-4540-a963-cdd42a1f4e76", "0216ee27-7626-4e7b-a236-d2bddc7c3e8a",
          "701ca636-8660-47dc-a8ab-0f9ed8834697", "fde46c99-16c6-422b-ab66-30dfb0d5612b",
          "f514ae2b-fe4a-455e-a298-99d2cd1bc042", "1394dc8e-554d-4375-a728-aab28808d390",
          "3d9f41d7-dabc-4886-a2d9-5ddfbd744ad5", "5fc7211c-4235-43a4-a320-7ddbe3ebeb53",
          "1ff52a0e-b0eb-425f-ab3f-211fb47ef2c3", "ae83602e-f660-49a1-a165-cca4864f7a71",
          "80e21610-c1d2-40da-a585-b2047153df82", "734c3e75-5680-44e3-a47a-e611c946fed4",
          "3e7a25ad-1d7a-48fa-a088-091f551e18ef", "6aa02372-568f-4a5b-a2b1-6b66c6cfad2c",
          "7e8dd34a-a70e-4b0f-aa84-a27b43760cd3", "e6b7066a-f13c-406f-aba7-0eec55112770",
          "cf1a8dad-ebed-4b85-a849-0e8173e143b8", "993069fe-5098-43ab-a981-4ab8a1cdc5fb",
          "04c7d9f1-7dd9-4bea-aac1-d6d8358496a4", "685bcc74-2024-41be-ab8b-a6b46ec987f7",
          "56e64b18-b6e9-45d0-a01e-8bc49fbbde2b", "82bddb04-6ef9-4abe-a0df-9c08b856d386",
          "28fd9031-38e0-46c9-a64e-013bd47cc278", "8465b5d5-67f6-4d33-a29c-8731b44ccfb7",
          "f6c470e4-6ffa-4eff-a654-5db495832317", "ba75d074-2535-49c1-ae5f-103bc916599c",
          "97621ba2-ad26-4670-a9dd-3c42f9e1c411", "25bddc89-7b0e-4781-aadd-6b1b29e713cb",
          "d204b325-9054-4827-aa7a-f34892a8062c", "a6145ed8-a685-4111-ac43-76b89804e9d2",
          "c17392d4-d8b6-461d-a6a2-ea02c8441b33", "3d87bc73-c755-4e47-af6a-10b32a82a33e",
          "e8016550-236f-4334-aec3-e80ed3004183", "f30fada6-aa9c-44b8-a545-939549a7be62",
          "f298b2a9-eaac-4711-a6c7-2f0157406ddc", "5f96ce62-9e2c-44ec-a170-bc630f7c761d",
          "a16c64a6-db47-447e-acd5-9d2976e00e6f", "0609350a-5fbe-4fcd-a452-91bfe78faf74",
          "e68113ec-2253-4b30-a70c-938a084a1ee7", "14711739-e871-452b-a12c-ba378ac2e49b",
          "57ca244d-d76b-4e08-a015-058410d40ab8", "81d9dd6d-9ef7-4174-a84e-341a1ddc51d4",
          "1cb70b0f-5241-4579-a813-6f552c5bea7e", "08f139d1-9539-4b5f-a250-18ae5c54b013",
          "dbd1b38f-2e14-4880-aa5d-751c758da8f7", "b846af8b-a405-4c17-ae8c-ce25d6604003",
          "d50d23f8-2ef3-4559-a961-0bb79c2fc599", "3c64db30-945a-456b-a237-bc77f92000d3",
          "5704aa6f-a192-490c-ac41-478a2c2f523a", "13ad835e-07f4-4271-afdf-cd111142fc99",
          "7614af7f-78d6-42b8-a42b-76ccd9942747", "4f62acf5-2fb8-4387-a2ce-f628085fa1f5",
          "d7fc7d52-1f76-47d7-a02f-07e75f2bfe75", "ed8bc570-e3bb-4d07-a0b6-1975419d65dc",
          "e5585364-1d63-46a0-ad07-e997432bfe07", "f76867d6-00ca-43a1-ac1e-7231ced40b5d",
          "557851fb-45e7-4ad4-aaaf-3003a1370b0e", "d700054b-f808-40ee-a4c1-481c810da947",
          "f425f6ad-2a72-44e8-ab9d-4f978b7310a9", "266e9656-5102-4323-a5ac-3e4c9bdd0579",
          "6387b55d-379f-4b9b-adc4-70fb88e59b12", "0fd85db9-affc-420a-ad06-95125b9d07b5",
          "a808bd05-3b66-4dc8-a2da-ede54bc1ef48", "e6f45935-0e24-4a0a-a1ac-abe0fe4ac04b",
          "1a49ce59-a539-4a9e-ae38-23df6d5cb38a", "225433a7-b8cf-4ade-afbb-f523b4e177cc",
          "59c77677-870b-43fa-ae06-3d55037c079c", "b9e051d8-364b-4232-a7fd-ec398db3f3fc",
          "d604b444-5ad3-4ae6-ad86-16360a3206f3", "fde50953-ded4-46f4-a4b8-11f5bc72bcdb",
          "5906f769-0a9b-44a2-afbd-37834de6f4e4", "0c73ffd6-68cf-4a0b-a65f-07fcbf04e8bb",
          "53d78526-e217-44fb-acca-246691da6bed", "18ead89e-bc4a-40e0-a2d6-a511922d9993",
          "1ed07fcd-62c4-457c-aaa6-791733e4d1aa", "21f6c188-59ba-4fa5-af42-546eaf358997",
          "1dc8ab9d-40a6-4d72-a744-859b3eb9ddc1", "2d397c33-1129-48b0-aeee-375e67742664",
          "cd964ce2-56e2-4dc9-a8cd-8c87431aeb73", "928ae742-bff0-4d42-a0eb-280e6a2cdda2",
          "22a04070-bd05-41ec-afcc-1ab84847bd8d", "ecb886ef-38fd-47e0-a182-d1516d34836b",
          "02e78e37-035b-4881-ad88-a9f29c037cb9"
        },
        what = "cancel"
      },
      name = "p3",
      user = "dana",
      what = "run"
    },
    { process = "p1", touch = 467, what = "crash" }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 96770.446265358027,
      user = "dana"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-11.contoso.com", deviceValue = "Normal",
      id = "e2864b2e3500a82821c37f7a0d5271ef33e1c3c4", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-23.contoso.com", deviceValue = "Normal",
      id = "81bc1c2f0d7120725eb3738295728a05db20fd8d", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-44.contoso.com", deviceValue = "Normal",
      id = "32fe174991ae4f55dbaf7558d7854bdac41af448", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-51.contoso.com", deviceValue = "Normal",
      id = "4c6721d8f894492946deff1f26f18800b039d80b", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-59.contoso.com", deviceValue = "Normal",
      id = "7a462815c3dc3932ac265418fee76cec5f908f9e", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-71.contoso.com", deviceValue = "Normal",
      id = "16b0c366b922bb2e0bfbf5d469282416dc73dc2a", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-77.contoso.com", deviceValue = "Normal",
      id = "a2d23135650353193fe35da6bc6580035e575afe", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-79.contoso.com", deviceValue = "Normal",
      id = "d2c789da0a04498bc822644bb7782625948d5bcf", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-81.contoso.com", deviceValue = "Normal",
      id = "3796c107166566773623e90ce87f8d155c9f3e84", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-84.contoso.com", deviceValue = "Normal",
      id = "7cb46a170ebda8fcfbb7e9d73362734db69c5fc2", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-92.contoso.com", deviceValue = "Normal",
      id = "f9f39b085df03a0ab32452b075b81e76b8403d15", isolated = false, machineTags = {}
    }
  },
  seed = 1796044772031,
  service = { cancel_takes = 0, duplicate_as = 400, final_as = 404 },
  tenant = "82356ed5-5610-4484-acee-b654a2bcfef6"
}

extension SchemaText {
    /// What `kubectl auth can-i` asks.
    static let authorization = """
        package io.k8s.api.authorization.v1
        kind SelfSubjectAccessReview authorization.k8s.io/v1 selfsubjectaccessreviews selfsubjectaccessreview cluster verbs(create)
        kind SelfSubjectRulesReview authorization.k8s.io/v1 selfsubjectrulesreviews selfsubjectrulesreview cluster verbs(create)
        kind SubjectAccessReview authorization.k8s.io/v1 subjectaccessreviews subjectaccessreview cluster verbs(create)
        kind LocalSubjectAccessReview authorization.k8s.io/v1 localsubjectaccessreviews localsubjectaccessreview namespaced verbs(create)

        type SelfSubjectAccessReview : Asks whether the caller may do something.
          metadata 1 ObjectMeta
          spec 2 SelfSubjectAccessReviewSpec !
          status 3 SubjectAccessReviewStatus
        type SelfSubjectAccessReviewSpec
          resourceAttributes 1 ResourceAttributes
          nonResourceAttributes 2 NonResourceAttributes
        type ResourceAttributes
          namespace 1 string
          verb 2 string
          group 3 string
          version 4 string
          resource 5 string
          subresource 6 string
          name 7 string
          fieldSelector 8 FieldSelectorAttributes
          labelSelector 9 LabelSelectorAttributes
        type FieldSelectorAttributes
          rawSelector 1 string
          requirements 2 []FieldSelectorRequirement
        type LabelSelectorAttributes
          rawSelector 1 string
          requirements 2 []LabelSelectorRequirement
        type NonResourceAttributes
          path 1 string
          verb 2 string
        type SubjectAccessReview : Asks whether somebody may do something.
          metadata 1 ObjectMeta
          spec 2 SubjectAccessReviewSpec !
          status 3 SubjectAccessReviewStatus
        type LocalSubjectAccessReview : Asks whether somebody may do something in a namespace.
          metadata 1 ObjectMeta
          spec 2 SubjectAccessReviewSpec !
          status 3 SubjectAccessReviewStatus
        type SubjectAccessReviewSpec
          resourceAttributes 1 ResourceAttributes
          nonResourceAttributes 2 NonResourceAttributes
          user 3 string : Who is asked about.
          groups 4 []string : The groups of who is asked about.
          extra 5 {}[]string
          uid 6 string
        type SubjectAccessReviewStatus
          allowed 1 bool !
          denied 4 bool
          reason 2 string
          evaluationError 3 string
        type SelfSubjectRulesReview
          metadata 1 ObjectMeta
          spec 2 SelfSubjectRulesReviewSpec !
          status 3 SubjectRulesReviewStatus
        type SelfSubjectRulesReviewSpec
          namespace 1 string
        type SubjectRulesReviewStatus
          resourceRules 1 []ResourceRule !
          nonResourceRules 2 []NonResourceRule !
          incomplete 3 bool !
          evaluationError 4 string
        type ResourceRule
          verbs 1 []string !
          apiGroups 2 []string
          resources 3 []string
          resourceNames 4 []string
        type NonResourceRule
          verbs 1 []string !
          nonResourceURLs 2 []string
        """
}
